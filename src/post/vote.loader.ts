import DataLoader from "dataloader";
import type { EntityManager } from "@mikro-orm/core";

import type { Viewer } from "../auth.js";
import { votedAmong } from "./post.reads.js";

type Operation = { readonly em: EntityManager };

const loaders = new WeakMap<Operation, Map<string, DataLoader<string, boolean>>>();

/**
 * Tells, for the length of an operation, which posts a viewer has voted for: one statement for all the posts that are
 * asked about together, whatever pages they stand on.
 */
export function votesOf(operation: Operation, { user }: Viewer): DataLoader<string, boolean> {
  const ofOperation = loaders.get(operation) ?? new Map<string, DataLoader<string, boolean>>();
  loaders.set(operation, ofOperation);
  const known = ofOperation.get(user.id);
  if (known !== undefined) return known;

  const loader = new DataLoader<string, boolean>(async (postIds) => {
    const voted = await votedAmong(operation.em, user.id, postIds);
    return postIds.map((id) => voted.has(id));
  });
  ofOperation.set(user.id, loader);
  return loader;
}
