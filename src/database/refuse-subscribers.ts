import type { EventSubscriber } from "@mikro-orm/core";

import type { Database } from "./engine.js";
import { Utils } from "./mikro-orm.js";

/**
 * Has the database refuse MikroORM's subscribers to entities that are changed by statements too, which subscribers never
 * learn of.
 */
export function refuseSubscribers({ em }: Database, entities: readonly { readonly name: string }[]): void {
  const bypassed = new Set(entities.map(({ name }) => name));
  // All EntityManagers share it.
  const manager = em.getEventManager();
  const register = manager.registerSubscriber.bind(manager);
  manager.registerSubscriber = (subscriber: EventSubscriber) => {
    const names = (subscriber.getSubscribedEntities?.() ?? []).map((entity) => Utils.className(entity));
    const refused = names.length === 0 ? "all entities" : names.find((name) => bypassed.has(name));
    if (refused !== undefined)
      throw new Error(
        `A subscriber to ${refused} would miss changes: Postern changes its own tables by statements. Follow the event log instead`,
      );
    register(subscriber);
  };
}
