"""What goes into the container and comes out of it: artefact, evaluation, answers."""
