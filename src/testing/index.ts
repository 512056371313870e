// The test kit for applications: `postern/testing`. Matchers are in `postern/vitest` and `postern/jest`.
export { assertFailed, assertSucceeded, assertUnauthenticated, type Result } from "./assertions.js";
export type { TestAccount, TokenVariants } from "./account.js";
export type { HandClock, HandTimer } from "./clock.js";
export { contract, type ContractCheck } from "./contract/contract.js";
export type { Deployment } from "./contract/deployment.js";
export { assertGuarded } from "./guards.js";
export { assertInvisible, type InvisibleOptions } from "./invisible/invisible.js";
export { matchers, type AnswerMatchers } from "./matchers.js";
export type { World } from "./invisible/world.js";
export { createTestServer, type TestServer, type TestServerOptions } from "./test-server.js";
export type { Answer, GraphQLError, RequestOptions, Send, Transport } from "./transport.js";
