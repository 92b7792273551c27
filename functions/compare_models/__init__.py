"""`compare_models`: decides whether the challenger is better than the champion."""
