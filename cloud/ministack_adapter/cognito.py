"""Cognito: whose pages its endpoints are for."""

from urllib.parse import urlsplit

from ministack.services import cognito

from cloud.ministack_adapter.patching import existing


def page_origins() -> frozenset[str]:
    """The origins of the pages that people are sent back to after they signed in, as the clients of all pools say.

    ministack answers the pages of every origin, with `Access-Control-Allow-Origin: *`.
    """
    clients = [
        client for _, pool in existing(cognito, "_user_pools").all_items() for client in pool["_clients"].values()
    ]
    parts = [urlsplit(url) for client in clients for url in client["CallbackURLs"]]
    return frozenset(f"{each.scheme}://{each.netloc}" for each in parts)
