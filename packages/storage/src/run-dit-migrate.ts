/** The `code` of errors of stores in which what `dit migrate` makes is missing or of another release: /readyz shows it. */
export const RUN_DIT_MIGRATE = "run_dit_migrate";
