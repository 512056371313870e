import { Extensions } from "type-graphql";

import type { ErrorCode } from "../foundation/errors.js";
import { requireReader, requireViewer } from "./auth.js";

/**
 * The credential that a root field takes. "none" ignores it, "reader" lets callers without one in if `PUBLIC_READS` is on,
 * "any" takes every good one, and "session" that of a session.
 */
export type Need = "none" | "reader" | "any" | "session";

/** The credential and the error codes of a root field. */
export type Declaration = {
  readonly needs: Need;
  /** The field of `input` that stands in for the credential: if it is given, the root field needs none. */
  readonly unless?: string;
  /** The codes that the field may answer, besides those that its kind implies. */
  readonly answers?: readonly ErrorCode[];
};

/** The extensions of a field under which type-graphql keeps the decorators' values. */
export const declaredNeed = "needsCredential";
export const declaredCodes = "answersCodes";

/**
 * Declares the credential of a root field. It is checked before the arguments are converted and the resolver runs. A root
 * field without a declaration needs any good credential.
 *
 * @param options `unless` names a field of `input` that stands in for the credential.
 */
export function Needs(needs: Need, options: Pick<Declaration, "unless"> = {}): MethodDecorator {
  return Extensions({ [declaredNeed]: { needs, ...options } });
}

/** Declares the error codes that a root field may answer, besides those that its kind implies. */
export function Answers(...codes: ErrorCode[]): MethodDecorator {
  return Extensions({ [declaredCodes]: codes });
}

/** The extension of a mutation that verifies or creates a secret. */
export const handlesSecret = "handlesSecret";

/** Marks a mutation that verifies or creates a secret. An operation may have only one of them. */
export const HandlesSecret = (): MethodDecorator => Extensions({ [handlesSecret]: true });

type CredentialCheck = (
  asked: Parameters<typeof requireReader>[0],
  args: { readonly input?: Readonly<Record<string, unknown>> | null },
) => void;

/** Returns the check of a declared credential, which throws the error of a missing or bad one; undefined for "none". */
export function credentialCheckOf({ needs, unless }: Declaration): CredentialCheck | undefined {
  if (needs === "none") return undefined;
  const check = needs === "reader" ? requireReader : requireViewer;
  if (unless === undefined) return check;
  return (asked, args) => {
    if (args.input?.[unless] == null) check(asked);
  };
}
