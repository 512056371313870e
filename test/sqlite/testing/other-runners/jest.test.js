// Run by scripts/try-package.ts, in a project that has the package and jest.
import { afterEach, expect, jest, test } from "@jest/globals";
import { createTestServer } from "postern/testing";

import "postern/jest";

afterEach(() => jest.useRealTimers());

for (const over of ["http", "execute", "socket"])
  test(`the kit works over ${over} while jest fakes timers`, async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask"] });
    const api = await createTestServer({ over });
    const ada = await api.as("Ada");
    expect(await ada.send("{ me { id } }")).toSucceed();
    api.clock.advance("30m");
    const refused = await ada.send("{ me { id } }");
    expect(refused).toBeUnauthenticated("TOKEN_EXPIRED");
    expect(() => expect(refused).toSucceed()).toThrow("TOKEN_EXPIRED");
    await api.stop();
  });
