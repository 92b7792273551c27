"""The embedded local cloud: ministack, our local SageMaker, and what starts and stops them."""
