/** What the process ends with. Stable: scripts rely on it. `docs/cli.md` says the same. */
export const EXIT = {
  ok: 0,
  /** What was asked for was done, and something was found wrong: a job or a document failed, a check did not pass. */
  foundWrong: 1,
  /** The command line makes no sense; nothing was tried. */
  usage: 2,
  /** The settings, the config file or the key pair make no sense or are missing; nothing was tried. */
  configuration: 3,
  /** COS, CI or the queue cannot be used: it is not reached, refuses us, or is in trouble. */
  unusable: 4,
  /** What was asked for is not there, or not yet: a job that CI does not know, a manifest that has not been written. */
  notThere: 5,
  /** A bug in docjob (`EX_SOFTWARE` of BSD's sysexits). */
  internal: 70,
  /** Ended by Ctrl-C: 128 and the number of the signal, as shells have it. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
