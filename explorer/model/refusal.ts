/** The server's reason for refusing a credential: `extensions` of the error `UNAUTHENTICATED`. */
export type Refusal = { readonly reason: string; readonly expiredAt?: string; readonly serverTime?: string };

type Errors = { readonly errors?: readonly { readonly extensions?: Record<string, unknown> }[] };

/** Returns the first refusal in an answer; undefined if the credential was valid or not needed. */
export function refusalIn(answer: unknown): Refusal | undefined {
  const { errors } = (answer ?? {}) as Errors;
  if (!Array.isArray(errors)) return undefined;
  return (errors as NonNullable<Errors["errors"]>).find(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED")
    ?.extensions as Refusal | undefined;
}

/** Returns the first error's message and reason, for people; undefined if there is no error. */
export function problemIn(answer: unknown): string | undefined {
  const { errors } = (answer ?? {}) as { errors?: { message: string; extensions?: { reason?: string } }[] };
  const first = errors?.[0];
  if (first === undefined) return undefined;
  const reason = first.extensions?.reason;
  return reason === undefined ? first.message : `${first.message} (${reason})`;
}
