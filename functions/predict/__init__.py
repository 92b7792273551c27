"""`predict`: answers `POST /predictions` and `POST /predictions/batch`."""
