#!/bin/sh
# Runs a command with the folder ROOT as its whole file system, in the mount namespace that it was started in: what a container engine does, as
# far as files go. The base image's part of it (libc, coreutils, a shell) is this machine's own, read-only, with Node and npm as the
# official image has them. Settings come as environment variables, whose names are those of `enterRoot`.
set -eu

mount --bind "$ROOT" "$ROOT"
for name in $BASE; do
    mount --bind "/$name" "$ROOT/$name"
    mount -o remount,bind,ro "$ROOT/$name"
done
mount --bind "$HOSTS" "$ROOT/etc/hosts"

mount -t tmpfs -o mode=755 none "$ROOT/usr/local"
mkdir -p "$ROOT/usr/local/bin" "$ROOT/usr/local/lib/node_modules/npm"
: >"$ROOT/usr/local/bin/node"
mount --bind "$NODE" "$ROOT/usr/local/bin/node"
if [ -n "$NPM" ]; then
    mount --bind "$NPM" "$ROOT/usr/local/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$ROOT/usr/local/bin/npm"
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$ROOT/usr/local/bin/npx"
fi
mount -o remount,ro "$ROOT/usr/local"

mount --rbind /dev "$ROOT/dev"
mount --rbind /proc "$ROOT/proc"
for folder in $TMPFS; do
    mount -t tmpfs -o mode=1777 none "$ROOT$folder"
done
for bind in $BINDS; do
    mount --bind "${bind%:*}" "$ROOT${bind#*:}"
done
if [ "$READ_ONLY" = true ]; then mount -o remount,bind,ro "$ROOT"; fi

exec chroot "$ROOT" "$@"
