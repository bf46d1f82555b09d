"""`make audit`: known vulnerabilities in the packages that the app runs with, by pip-audit.

It fails if there are any. Where the service that knows them cannot be reached, it says so and does not fail.
"""

import json
import subprocess
import sys

LOCK = "requirements.lock"
_OUT_OF_REACH = ("ConnectionError", "Max retries exceeded", "ServiceError", "Timeout", "HTTPError", "Failed to resolve")


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", LOCK, "--require-hashes", "--disable-pip"]
    options = ["--format", "json", "--progress-spinner", "off"]
    done = subprocess.run([*command, *options], check=False, capture_output=True, text=True, timeout=600)
    return report(done.stdout, done.stderr)


def report(output: str, errors: str) -> int:
    """Print what pip-audit has found. Returns the exit status."""
    try:
        packages = json.loads(output)["dependencies"]
    except ValueError:
        if any(word in errors for word in _OUT_OF_REACH):
            print(f"NOT AUDITED: the service that knows vulnerabilities cannot be reached: {errors.strip()[-300:]}")
            return 0
        print(errors, file=sys.stderr)
        return 1
    unknown = [f"{one['name']}: {one['skip_reason']}" for one in packages if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'no version'}"
        for one in packages
        for flaw in one.get("vulns", ())
    ]
    if packages and len(unknown) == len(packages):
        print(f"NOT AUDITED: the service that knows vulnerabilities cannot be reached: {unknown[0]}")
        return 0
    print(*(found + unknown), sep="\n", end="\n" if found + unknown else "")
    audited = len(packages) - len(unknown)
    print(f"{audited} of {len(packages)} packages of {LOCK} audited, {len(found)} known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
