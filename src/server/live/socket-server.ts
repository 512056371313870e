import type { Logger } from "pino";

import type { Timer } from "../../foundation/clock.js";
import type { CpuLimiter } from "../../foundation/fairness/cpu-limiter.js";
import type { FairLimiter } from "../../foundation/fairness/fair-limiter.js";
import type { Metrics } from "../../foundation/metrics/metrics.js";
import type { TrustedDocuments } from "../../graphql/trusted-documents.js";
import type { CredentialVerifier } from "./connection-credential.js";
import type { OperationServer } from "./run-operation.js";

/** Everything that sockets and streams share. */
export type SocketServer = OperationServer &
  CredentialVerifier & {
    readonly timer: Timer;
    readonly log: Logger;
    readonly metrics: Metrics | undefined;
    readonly trustedDocuments: TrustedDocuments | undefined;
    /** A connection is closed if its client reads nothing for this long. */
    readonly sendTimeoutMilliseconds: number;
    readonly limits: SocketLimits;
    /** Turns at the processor for large messages. */
    readonly parsing: CpuLimiter;
    /** Turns for new sockets. A thousand clients that come back at once would have everybody else wait. */
    readonly beginnings: FairLimiter;
  };

export type SocketLimits = {
  /** The number of sockets and streams that one client may have open. */
  readonly connectionsOfClient: number;
  readonly operationsOfSocket: number;
  readonly messagesPerSecond: number;
};
