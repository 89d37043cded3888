/** What a container's engine asks: is the service of this container ready? The answer is the exit code; the reason is for its log. */
const response = await fetch(process.env.READY_URL ?? "http://127.0.0.1/readyz");
process.stdout.write(await response.text());
process.exitCode = response.ok ? 0 : 1;
