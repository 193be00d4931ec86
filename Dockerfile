# The operator's image: Python, one virtual environment, nothing that could install more.
# Built from the repository root with any builder that reads Dockerfiles:
#   docker build -t localhost/monitoring-operator:dev .
#   buildah bud -t localhost/monitoring-operator:dev .
# Both stages start from the same base, because a virtual environment points at the interpreter it was made with.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /build && python -m venv --without-pip /opt/venv

# Third-party code comes as wheels with the hashes of the locks. It changes seldom, so it is a layer of its own.
COPY operator/requirements.lock operator/requirements-build.lock operator/
RUN /build/bin/pip install --require-hashes --only-binary :all: -r operator/requirements-build.lock \
 && /build/bin/pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: --no-deps --no-compile -r operator/requirements.lock

COPY app_metrics app_metrics
COPY operator operator
RUN /build/bin/pip wheel --no-build-isolation --no-deps --no-index -w /wheels ./app_metrics ./operator \
 && /build/bin/pip --python /opt/venv/bin/python install --no-deps --no-index --no-compile /wheels/*.whl

# The root filesystem is read-only at run time, so bytecode is made here; unchecked, because nothing can change under it.
# Left out are the client's generated model and API classes: half of the image, and never imported (the operator sends plain objects).
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash \
      -x 'kubernetes/(aio/)?client/(api|models)/[^_]' /opt/venv/lib

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="monitoring-operator" \
      org.opencontainers.image.description="Turns one MonitoringProfile into an application's scraping, alerts, notifications and dashboards" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="python:3.13-slim"
# The base brings an installer; an operator that holds credentials has no use for one.
RUN python -c "import ensurepip, pathlib, pip, shutil; home = pathlib.Path(pip.__file__).parent; [shutil.rmtree(path) for path in \
      (home, *home.parent.glob('pip-*.dist-info'), pathlib.Path(ensurepip.__file__).parent)]" \
 && rm -f /usr/local/bin/pip* /usr/bin/pip*
COPY --from=build /opt/venv /opt/venv
# glibc would keep the room of every large answer that it has once given out, in an arena for each thread.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576
# kopf asks for the user's name when it starts, and neither this number nor one that OpenShift chooses has one.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOGNAME=monitoring-operator
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["monitoring-operator"]
CMD ["--help"]
