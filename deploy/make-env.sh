#!/usr/bin/env bash
# Writes deploy/.env, which Compose reads: passwords made by chance, once. Keep a copy of it
# where you keep passwords; without SECRET_KEY what it signed and sealed is lost.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
if [ -e .env ]; then
  echo "deploy/.env is there already and stays as it is." >&2
  exit 0
fi
chance() { head -c "$1" /dev/urandom | od -An -vtx1 | tr -d ' \n'; }
cat > .env.new <<END
# What people type into their browser. Behind TLS: https://data.example.org
BASE_URL=http://127.0.0.1:8080
# Where their browsers reach the store. Behind TLS: https://files.example.org
S3_PUBLIC=http://127.0.0.1:8333
SECRET_KEY=$(chance 32)
POSTGRES_PASSWORD=$(chance 24)
RABBITMQ_PASSWORD=$(chance 24)
S3_SECRET=$(chance 24)
END
mv .env.new .env
echo "Wrote deploy/.env."
