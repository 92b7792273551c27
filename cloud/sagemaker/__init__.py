"""A real local SageMaker: training jobs and endpoints that run the container's own `train` and `serve`.

It answers the control-plane actions of a model's life, from a training job to an endpoint that is updated blue/green,
and InvokeEndpoint, in the shapes of botocore's service model. `core.SageMaker` is the whole service;
`ministack_adapter` puts it on the local cloud's port and `python -m cloud.sagemaker` on a port of its own.
"""
