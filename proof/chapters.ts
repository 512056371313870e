import type { Chapter } from "./chapter.js";
import { credentials } from "./chapters/credentials.js";
import { anonymousDocuments, documents } from "./chapters/documents.js";
import { everyday } from "./chapters/everyday.js";
import { expiry } from "./chapters/expiry.js";
import { incidents } from "./chapters/incidents.js";
import { keyPair } from "./chapters/key-pair.js";
import { limits } from "./chapters/limits.js";
import { liveLimits } from "./chapters/live-limits.js";
import { live } from "./chapters/live.js";
import { protocol } from "./chapters/protocol.js";
import { sessions } from "./chapters/sessions.js";
import { socketMisuse } from "./chapters/socket-misuse.js";
import { statuses } from "./chapters/statuses.js";
import { streams } from "./chapters/streams.js";
import { trustedDocuments } from "./chapters/trusted-documents.js";

export const chapters: readonly Chapter[] = [
  everyday,
  documents,
  anonymousDocuments,
  statuses,
  protocol,
  limits,
  credentials,
  sessions,
  expiry,
  trustedDocuments,
  keyPair,
  live,
  liveLimits,
  socketMisuse,
  streams,
  incidents,
];
