import { SqlEntityManager } from "./mikro-orm.js";

/** The parts of MikroORM's unit of work that a flush uses. */
type UnitOfWork = {
  working: boolean;
  readonly doCommit: () => Promise<void>;
  /** Flushes that were asked for during this one. */
  readonly flushQueue: (() => Promise<void>)[];
  readonly postCommitCleanup: () => void;
};

/**
 * Flushes without an AsyncLocalStorage. MikroORM uses one to mark what runs within a flush. Before Node 24, the first
 * use of any makes every promise of the process slower from then on: by a tenth of a page's processor time.
 *
 * The mark distinguishes a flush that a hook asks for, which is rejected, from a concurrent one, which waits. So if
 * there are hooks or subscribers, MikroORM's own flush is used.
 *
 * Delete this class, and the option `entityManager` in `database.ts`, when Node 24 is the oldest version that is
 * supported: its AsyncLocalStorage no longer slows promises.
 */
export class PlainEntityManager extends SqlEntityManager {
  override async flush(): Promise<void> {
    const unit = this.getUnitOfWork() as unknown as UnitOfWork;
    if (unit.working || this.hasHooks()) return super.flush();
    try {
      unit.working = true;
      await unit.doCommit();
      while (unit.flushQueue.length > 0) await unit.flushQueue.shift()!();
    } finally {
      unit.postCommitCleanup();
      unit.working = false;
    }
  }

  private hasHooks(): boolean {
    if (this.getEventManager().getSubscribers().size > 0) return true;
    const entities = Object.values(this.getMetadata().getAll());
    return entities.some(({ hooks }) => Object.values(hooks).some((all) => all.length > 0));
  }
}
