# The bot alone: `docker run --env-file slack.env -v ./config:/config interlock`.
FROM python:3.13-slim AS build
WORKDIR /source
COPY requirements-uv.lock requirements.lock ./
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements-uv.lock
RUN /venv/bin/uv pip install --python /venv/bin/python --no-cache --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY commands commands
COPY notifiers notifiers
COPY playbooks playbooks
RUN /venv/bin/uv pip install --python /venv/bin/python --no-cache --no-deps --no-build-isolation . \
    && /venv/bin/uv pip uninstall --python /venv/bin/python uv hatchling editables

FROM python:3.13-slim
# pg_dump and pg_restore come with the package for the demo; where a stack's server is newer, or
# smaller images are wanted, install postgresql-client here and name its folder in `tools`.
COPY --from=build /venv /venv
RUN useradd --system --create-home --uid 10001 interlock \
    && mkdir -p /config /var/lib/interlock \
    && chown interlock: /config /var/lib/interlock
ENV PATH=/venv/bin:$PATH INTERLOCK_HOST=0.0.0.0 PYTHONUNBUFFERED=1
USER interlock
WORKDIR /config
EXPOSE 8720
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8720/healthz', timeout=2)"]
ENTRYPOINT ["interlock"]
CMD ["run", "--config", "/config/interlock.yaml"]
