"""The cost model of one workflow, and the SageMaker container that trains and serves it."""
