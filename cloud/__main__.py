"""`python -m cloud start|stop|status|run`: the local cloud as the environment configures it."""

import argparse
import sys

from cloud.lifecycle import CloudError, is_running, start, stop
from cloud.settings import CloudSettings, SettingsError


def main(arguments: list[str] | None = None) -> None:
    """The command line. Errors are one line on standard error and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m cloud", description="The local cloud of Runquote.")
    parser.add_argument("command", choices=["start", "stop", "status", "run"])
    command = parser.parse_args(arguments).command
    try:
        settings = CloudSettings.from_environment()
        if command == "run":
            from cloud import server  # Here, since it takes half a second and only this command needs it.

            server.run(settings)
        elif command == "start":
            state = "started" if start(settings) else "was already running"
            print(f"Local cloud {state}: {settings.endpoint_url}, state in {settings.state_directory}")
        elif command == "stop":
            print("Local cloud stopped." if stop(settings) else "Local cloud was not running.")
        elif is_running(settings):
            print(f"Local cloud is running: {settings.endpoint_url}, state in {settings.state_directory}")
        else:
            print(f"Local cloud is not running (port {settings.port}, state in {settings.state_directory}).")
            sys.exit(3)
    except (CloudError, SettingsError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
