"""Joins our SageMaker to ministack, and changes ministack where it is not like AWS.

Every module changes one part and says at each change what AWS does and what ministack does.
"""

from collections.abc import Awaitable, Callable

from ministack import app
from ministack.core.hypercorn_compat import install as install_hypercorn_reason_phrases

from local.ministack_adapter import sagemaker, sagemaker_tasks
from local.ministack_adapter.patching import existing
from local.sagemaker.core import SageMaker


def install(our_sagemaker: SageMaker) -> Callable[..., Awaitable[None]]:
    """Make every change; ministack's ASGI application."""
    install_hypercorn_reason_phrases()
    sagemaker.install(our_sagemaker)
    sagemaker_tasks.install(our_sagemaker)
    application: Callable[..., Awaitable[None]] = existing(app, "app")
    return application
