/** What the API takes, and how answers are judged. Written by `make generate`. */

/* contract/base.py */
export const MAX_BATCH = 500;
export const MAX_BATCH_BODY_BYTES = 1_048_576;
export const MAX_BYTES = 100_000_000_000_000_000;
export const MAX_COST_USD = 1_000_000_000;
export const MAX_NUMBER = 1_000_000_000_000_000;
export const MAX_REASON_LENGTH = 500;
export const MAX_TEAM_LENGTH = 256;
/* contract/states.py */
export const MINIMUM_RUNS = 5;
/* contract/judgement.py */
export const WITHIN_SHARE = 0.05;
export const LIKELY_SHARE = 0.5;
export const NEARLY_USED = 0.9;
export const FARTHEST = 30;
export const WIDEST = 1_000;
export const JUDGED_COVERAGE = 0.8;
export const SHORTFALL = 0.1;
