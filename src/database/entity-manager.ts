import { SqlEntityManager } from "@mikro-orm/knex";

/** What a flush is made of in MikroORM's unit of work. */
type UnitOfWork = {
  working: boolean;
  readonly doCommit: () => Promise<void>;
  /** Flushes that were asked for meanwhile. */
  readonly flushQueue: (() => Promise<void>)[];
  readonly postCommitCleanup: () => void;
};

/**
 * Flushes without an AsyncLocalStorage. MikroORM marks by one what runs within a flush, and before Node 24 its first use
 * has every promise of the process tell where it comes from, to the end: a tenth of a page's processor time.
 *
 * The mark tells a flush that a hook asks for, which is refused, from one that somebody else does, which waits. So where
 * there are hooks or subscribers, MikroORM's own flush is taken.
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
