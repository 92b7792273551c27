"""`make down`: stops all that `make up` started; data stays, unless `--forget` is given (`make clean`)."""

import sys

from local import backends, cloud
from local.engine import EngineError
from local.settings import CloudSettings, SettingsError

if __name__ == "__main__":
    try:
        settings = CloudSettings.from_environment()
        stopped = backends.stop_all(settings)
        if "--forget" in sys.argv[1:]:
            backends.forget_all(settings)
        print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    except (SettingsError, cloud.CloudError, EngineError) as error:
        sys.exit(str(error))
