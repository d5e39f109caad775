#!/bin/bash
set -eo pipefail

# Settings of the container, from the environment.
export APP_PORT="${APP_PORT:-8080}"
export APP_ENV="${APP_ENV:-production}"
DB_HOST=${DB_HOST:-db}
DB_PORT=${DB_PORT:-5432}
WAIT_SECONDS=${WAIT_SECONDS:-30}

: "${DB_PASSWORD:?DB_PASSWORD is required}"

if [[ -f /run/secrets/api_key ]]; then
    export API_KEY="$(< /run/secrets/api_key)"
fi

wait_for_db() {
    local tries=0
    until nc -z "$DB_HOST" "$DB_PORT"; do
        tries=$((tries + 1))
        if (( tries > WAIT_SECONDS )); then
            echo "the database does not answer" >&2
            return 1
        fi
        sleep 1
    done
}

if [ "$APP_ENV" != "test" ]; then
    wait_for_db
fi

for script in /docker-entrypoint.d/*.sh; do
    echo "running $script"
    sh "$script"
done

if [ "$1" = "migrate" ]; then
    shift
    exec python manage.py migrate "$@"
elif [ "${1:0:1}" = "-" ]; then
    set -- server "$@"
fi

if [ "$(id -u)" = "0" ]; then
    chown -R app:app /data
    exec su-exec app "$@"
fi

exec "$@"
