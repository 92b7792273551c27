"""`make down`: stops all that `make up` started; data stays, unless `--forget` is given (`make clean`)."""

import sys

from cloud import lifecycle
from cloud.engine import EngineError
from cloud.settings import CloudSettings, SettingsError
from tools import backends

if __name__ == "__main__":
    try:
        settings = CloudSettings.from_environment()
        stopped = backends.stop_all(settings)
        if "--forget" in sys.argv[1:]:
            backends.forget_all(settings)
        print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    except (SettingsError, lifecycle.CloudError, EngineError) as error:
        sys.exit(str(error))
