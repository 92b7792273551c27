"""`make down`: stops all that `make up` started; data stays."""

import sys

from local import cloud, webserver
from local.settings import CloudSettings, SettingsError

if __name__ == "__main__":
    try:
        settings = CloudSettings.from_environment()
        stopped = [
            name
            for name, was_running in (
                ("web app", webserver.stop(webserver.WebSettings.from_environment(settings.state_directory))),
                ("local cloud", cloud.stop(settings)),
            )
            if was_running
        ]
        print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    except SettingsError as error:
        sys.exit(str(error))
