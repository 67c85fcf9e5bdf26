/** A piece of work that goes on in steps, each bounded to about ten milliseconds by the store. */
export interface Task {
  /** Does one step; `continue` puts the task at the end of the line. */
  step(): void;
  /** True once the task is over: it is dropped without a further step. */
  readonly isOver: boolean;
  /** The scheduler's own mark: the task counts among those its owner runs. */
  isRunning: boolean;
}

/** Whose work it is: a connection. */
export interface TaskOwner {
  running: number;
  waiting: Task[];
}

/**
 * Shares the event loop between queries: new ones first and at once while the turn has time left, then those that go
 * on, in a ring. A connection runs a bounded number of tasks at a time; its others wait for one of its own to end.
 */
export interface Scheduler {
  /** Starts the task now, or when its owner has room; false where the owner has too many waiting. */
  start(task: Task, owner: TaskOwner): boolean;
  /** Puts a running task back in line for its next step. */
  continue(task: Task): void;
  /** Tells that the task is over, whether it ran or still waited. */
  finish(task: Task, owner: TaskOwner): void;
}

/** What a scheduler is made with. */
export interface SchedulerOptions {
  readonly now: () => number;
  readonly turnMillisecondsMax: number;
  readonly runningPerOwnerMax: number;
  readonly waitingPerOwnerMax: number;
}

/** Creates the scheduler of one relay. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const fresh: Task[] = [];
  const line: Task[] = [];
  let turnEndsAt = 0;
  let isScheduled = false;

  const beginTurn = () => {
    turnEndsAt = options.now() + options.turnMillisecondsMax;
  };
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(runTurn);
  };
  const runTurn = () => {
    isScheduled = false;
    beginTurn();
    // At least one that goes on, so that a flood of new queries cannot stop the running ones.
    const inLine = line.length;
    for (let count = 0; fresh.length > 0 && (count === 0 || options.now() < turnEndsAt); count++) runStep(fresh);
    for (let count = 0; count < inLine && (count === 0 || options.now() < turnEndsAt); count++) runStep(line);
    if (fresh.length > 0 || line.length > 0) schedule();
  };

  return {
    start(task, owner) {
      if (owner.running >= options.runningPerOwnerMax) {
        if (owner.waiting.length >= options.waitingPerOwnerMax)
          owner.waiting = owner.waiting.filter((one) => !one.isOver);
        if (owner.waiting.length >= options.waitingPerOwnerMax) return false;
        owner.waiting.push(task);
        return true;
      }
      owner.running += 1;
      task.isRunning = true;
      // Without a turn under way this message opens one; it ends when the loop comes round to the line again.
      if (!isScheduled) beginTurn();
      if (fresh.length === 0 && options.now() < turnEndsAt) task.step();
      else fresh.push(task);
      schedule();
      return true;
    },
    continue(task) {
      line.push(task);
      schedule();
    },
    finish(task, owner) {
      if (!task.isRunning) return;
      task.isRunning = false;
      owner.running -= 1;
      while (owner.running < options.runningPerOwnerMax) {
        const next = owner.waiting.shift();
        if (next === undefined) return;
        if (next.isOver) continue;
        owner.running += 1;
        next.isRunning = true;
        fresh.push(next);
        schedule();
      }
    },
  };
}

function runStep(tasks: Task[]): void {
  const task = tasks.shift();
  if (task !== undefined && !task.isOver) task.step();
}
