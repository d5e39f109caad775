//! The statements. They follow those of graphile-worker, whose schema this is: `is_available` is a column that the server
//! computes from `locked_at`, `attempts` and `max_attempts`.

/// Adds tasks, in order: name, texts of JSON, times, tries, keys, priorities.
pub const ADD: &str = "
SELECT (graphile_worker.add_job($1, payload := data::json, run_at := due, max_attempts := tries,
                                job_key := key, priority := rank)).id
FROM unnest($2::text[], $3::timestamptz[], $4::int[], $5::text[], $6::int[]) WITH ORDINALITY
     AS new (data, due, tries, key, rank, place)
ORDER BY place";

/// Makes the name known, and returns its number.
pub const NAME: &str =
    "INSERT INTO graphile_worker._private_tasks (identifier) VALUES ($1) ON CONFLICT DO NOTHING";
pub const NUMBER: &str = "SELECT id FROM graphile_worker._private_tasks WHERE identifier = $1";

/// Frees tasks and named queues of Pipewright's workers whose last beat is older than a time: that time, the error, the name. Returns
/// the tasks that have no try left. Workers of Node write no beats, so theirs are left alone.
pub const SWEEP: &str = "
WITH queues AS (
    UPDATE graphile_worker._private_job_queues SET locked_by = NULL, locked_at = NULL
    WHERE locked_by LIKE 'pipewright-%' AND locked_at < $1
), freed AS (
    UPDATE graphile_worker._private_jobs
    SET locked_by = NULL, locked_at = NULL,
        last_error = CASE WHEN attempts >= max_attempts THEN $2 ELSE last_error END
    WHERE locked_by LIKE 'pipewright-%' AND locked_at < $1
    RETURNING id, task_id, attempts >= max_attempts AS is_failed
)
SELECT id FROM freed WHERE is_failed AND task_id = $3";

/// Takes the first task that is due: worker, number of the name, now.
pub const TAKE: &str = "
WITH found AS (
    SELECT jobs.id, jobs.job_queue_id FROM graphile_worker._private_jobs AS jobs
    WHERE is_available AND run_at <= $3 AND task_id = $2
    AND (job_queue_id IS NULL OR job_queue_id IN (
        SELECT id FROM graphile_worker._private_job_queues WHERE is_available FOR UPDATE SKIP LOCKED))
    ORDER BY priority, run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
), queue AS (
    UPDATE graphile_worker._private_job_queues AS queues SET locked_by = $1, locked_at = $3
    FROM found WHERE queues.id = found.job_queue_id
)
UPDATE graphile_worker._private_jobs AS jobs SET attempts = jobs.attempts + 1, locked_by = $1, locked_at = $3
FROM found WHERE jobs.id = found.id
RETURNING jobs.id, payload::text, attempts, max_attempts, key, created_at";

/// Refreshes the times of tasks and of their named queues: worker, tasks.
pub const BEAT: &str = "
WITH queues AS (
    UPDATE graphile_worker._private_job_queues SET locked_at = now() WHERE locked_by = $1
)
UPDATE graphile_worker._private_jobs SET locked_at = now() WHERE locked_by = $1 AND id = ANY ($2)";

/// Ends of a task that a worker has: task, worker. Each returns the number of its named queue.
pub const DONE: &str =
    "DELETE FROM graphile_worker._private_jobs WHERE id = $1 AND locked_by = $2 RETURNING job_queue_id";
pub const BACK: &str = "
UPDATE graphile_worker._private_jobs SET locked_by = NULL, locked_at = NULL, attempts = attempts - 1
WHERE id = $1 AND locked_by = $2 RETURNING job_queue_id";
/// With the error, when it is due, and whether it is tried again.
pub const FAILED: &str = "
UPDATE graphile_worker._private_jobs
SET locked_by = NULL, locked_at = NULL, last_error = $3,
    run_at = CASE WHEN $5 AND attempts < max_attempts THEN $4 ELSE run_at END,
    attempts = CASE WHEN $5 THEN attempts ELSE max_attempts END
WHERE id = $1 AND locked_by = $2 RETURNING job_queue_id, attempts < max_attempts";
pub const ATTEMPTS: &str =
    "SELECT attempts FROM graphile_worker._private_jobs WHERE id = $1 AND locked_by = $2 FOR UPDATE";
pub const FREE_QUEUE: &str = "
UPDATE graphile_worker._private_job_queues SET locked_by = NULL, locked_at = NULL
WHERE id = $1 AND locked_by = $2";

pub const OUTLOOK: &str = "
SELECT min(run_at) FILTER (WHERE is_available), count(*) FILTER (WHERE locked_at IS NOT NULL)
FROM graphile_worker._private_jobs WHERE task_id = $1";

/// Counts by state, and the oldest time at which a ready task was due: name, now.
pub const STATS: &str = "
SELECT count(*) FILTER (WHERE is_available AND run_at <= $2), count(*) FILTER (WHERE is_available AND run_at > $2),
       count(*) FILTER (WHERE locked_at IS NOT NULL),
       count(*) FILTER (WHERE locked_at IS NULL AND NOT is_available),
       min(run_at) FILTER (WHERE is_available AND run_at <= $2)
FROM graphile_worker._private_jobs WHERE task_id = $1";

/// Lists the tasks of a state, given by its number: name, now, state, most.
pub const LIST: &str = "
SELECT id, payload::text, priority, run_at, attempts, max_attempts, key, created_at, last_error
FROM graphile_worker._private_jobs
WHERE task_id = $1 AND $3 = CASE WHEN locked_at IS NOT NULL THEN 2 WHEN NOT is_available THEN 3
                                 WHEN run_at > $2 THEN 1 ELSE 0 END
ORDER BY priority, run_at, id LIMIT $4";

/// Changes of a task that does not run: task, name.
pub const IS_RUNNING: &str = "SELECT locked_at IS NOT NULL FROM graphile_worker._private_jobs WHERE id = $1 AND task_id = $2 FOR UPDATE";
pub const RETRY: &str = "
UPDATE graphile_worker._private_jobs SET run_at = $2, attempts = CASE WHEN is_available THEN attempts ELSE 0 END
WHERE id = $1";
pub const DELETE: &str = "DELETE FROM graphile_worker._private_jobs WHERE id = $1";
