import { machineTimer } from "./clock.js";
import { wrongAnswer } from "./refusal.js";
import type { EndReason, Tokens } from "./session.js";

// A request that hangs would keep all tabs from refreshing.
const timeoutMilliseconds = 30_000;

const query = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn } }`;

/** Exchanges a refresh token, for new tokens or for the reason why the session is over. @throws if neither was answered. */
export async function exchangeToken(
  fetch: typeof globalThis.fetch,
  url: string,
  refreshToken: string,
): Promise<{ readonly tokens: Tokens } | { readonly over: EndReason }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
    body: JSON.stringify({ query, variables: { refreshToken } }),
    signal: timeoutSignal(),
  });
  const { data, errors } = answerIn(await response.text()) ?? {
    errors: [{ message: `The session was not refreshed: ${wrongAnswer(response, url)}` }],
  };
  if (data?.refreshSession) return { tokens: data.refreshSession };
  const [error] = errors ?? [];
  const { code, reason } = error?.extensions ?? {};
  if (code !== "INVALID_REFRESH_TOKEN") throw new Error(error?.message ?? "The session was not refreshed; try again.");
  return { over: reason ?? "UNKNOWN" };
}

type RefreshAnswer = {
  readonly data?: { readonly refreshSession?: Tokens | null } | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly reason?: EndReason };
  }[];
};

/** Returns the answer in a body; undefined if it isn't JSON. */
function answerIn(text: string): RefreshAnswer | undefined {
  try {
    return JSON.parse(text) as RefreshAnswer;
  } catch {
    return undefined;
  }
}

// React Native has no AbortSignal.timeout.
function timeoutSignal(): AbortSignal {
  const { timeout } = AbortSignal as Partial<typeof AbortSignal>;
  if (timeout !== undefined) return AbortSignal.timeout(timeoutMilliseconds);
  const controller = new AbortController();
  machineTimer(() => controller.abort(), timeoutMilliseconds);
  return controller.signal;
}
