/** What a refusal can say beyond its code. */
interface RefusalExtras {
  /** Further elements of the error body. */
  readonly details?: Readonly<Record<string, string>>;
  /** Further headers, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that the service refuses: thrown anywhere on its way, and answered in the form of its family. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    { details = {}, headers = {} }: RefusalExtras = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** 400 `InvalidArgument`, in both families: one sentence says which argument. */
export function invalidArgument(message: string): Refusal {
  return new Refusal(400, 'InvalidArgument', message);
}

/** 403 `AccessDenied` in the words of the COS 403 page; CI has the same code. */
export function accessDenied(): Refusal {
  return new Refusal(403, 'AccessDenied', 'Access Denied.');
}
