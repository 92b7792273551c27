"""`verify_artifact`: checks what training wrote and publishes its evaluation."""
