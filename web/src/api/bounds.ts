/** What the API takes at most. Written by `make generate` from contract/base.py. */
export const MAX_BATCH = 500;
export const MAX_BATCH_BODY_BYTES = 1_048_576;
export const MAX_BYTES = 100_000_000_000_000_000;
export const MAX_COST_USD = 1_000_000_000;
export const MAX_NUMBER = 1_000_000_000_000_000;
export const MAX_REASON_LENGTH = 500;
export const MAX_TEAM_LENGTH = 256;
