# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # lab.sh, which sources this, sets them and reads these
# A Kubernetes API server with etcd, RBAC and the GMSACredentialSpec definition. No nodes and no controllers: objects,
# permissions and server-side apply are the API server's own. Built from Debian's sources the first time, then kept.

kubernetes_packages=(etcd-server)
# Other packages bring a kubectl as well, and exclude this one.
command -v kubectl >/dev/null || kubernetes_packages+=(kubernetes-client)
kubernetes_octet=41

kubernetes_binary() { printf '%s/kube-apiserver' "$cache_dir"; }
kubernetes_config() { printf '%s/kubernetes/%s.kubeconfig' "$lab_dir" "$1"; }
kubectl_as() { KUBECONFIG=$(kubernetes_config "$1") kubectl "${@:2}"; }

# kubernetes_certificate NAME SUBJECT EXTENSIONS [DAYS]
kubernetes_certificate() {
  local name=$1 tls=$lab_dir/tls
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$2" -keyout "$tls/$name.key" -out "$tls/$name.csr" \
    2>>"$lab_dir/log/openssl.log"
  openssl x509 -req -in "$tls/$name.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days "${4:-3650}" \
    -out "$tls/$name.pem" -extfile <(printf '%s\n' "$3") 2>>"$lab_dir/log/openssl.log"
  chmod 600 "$tls/$name.key"
}

# kubernetes_user NAME SUBJECT [DAYS]: a kubeconfig of that user's, certificates in it
kubernetes_user() {
  local name=$1 tls=$lab_dir/tls
  kubernetes_certificate "k8s-$name" "$2" 'extendedKeyUsage=clientAuth' "${3:-3650}"
  cat >"$(kubernetes_config "$name")" <<CONFIG
apiVersion: v1
kind: Config
current-context: lab
clusters:
- name: lab
  cluster: {server: "https://kubernetes.$domain:6443", certificate-authority-data: $(base64 -w0 "$tls/ca.pem")}
users:
- name: $name
  user: {client-certificate-data: $(base64 -w0 "$tls/k8s-$name.pem"), client-key-data: $(base64 -w0 "$tls/k8s-$name.key")}
contexts:
- name: lab
  context: {cluster: lab, user: $name}
CONFIG
}

kubernetes_start() {
  local state=$lab_dir/kubernetes tls=$lab_dir/tls address binary
  binary=$(kubernetes_binary)
  [[ $cache_dir != off ]] || die "the kubernetes service needs a cache: building the API server takes minutes"
  [[ -x $binary ]] || "$here/build-apiserver.sh" "$binary" || die "kube-apiserver could not be built"
  address=$(service_address "$kubernetes_octet")
  add_service_address "$kubernetes_octet"
  mkdir -p "$state"
  printf '%s kubernetes.%s\n' "$address" "$domain" >>"$lab_dir/hosts"
  kubernetes_certificate kubernetes "/O=gmsactl lab/CN=kubernetes" \
    "subjectAltName=DNS:kubernetes.$domain,IP:$address
extendedKeyUsage=serverAuth,clientAuth"
  openssl genrsa -out "$state/service-account.key" 2048 2>>"$lab_dir/log/openssl.log"
  printf 'lab-token,ci,ci,"system:masters"\n' >"$state/tokens.csv"
  service_run kubernetes-etcd env ETCD_UNSUPPORTED_ARCH= etcd --data-dir "$state/etcd" --unsafe-no-fsync \
    --listen-client-urls "http://$address:2379" --advertise-client-urls "http://$address:2379" \
    --listen-peer-urls "http://$address:2380" --initial-advertise-peer-urls "http://$address:2380" \
    --initial-cluster "default=http://$address:2380" --logger zap --log-level warn
  service_run kubernetes "$binary" --etcd-servers "http://$address:2379" --bind-address "$address" --secure-port 6443 \
    --advertise-address "$address" --cert-dir "$state" --tls-cert-file "$tls/kubernetes.pem" \
    --tls-private-key-file "$tls/kubernetes.key" --client-ca-file "$tls/ca.pem" --authorization-mode RBAC \
    --token-auth-file "$state/tokens.csv" --service-account-key-file "$state/service-account.key" \
    --service-account-signing-key-file "$state/service-account.key" \
    --service-account-issuer "https://kubernetes.$domain" --service-cluster-ip-range 10.96.0.0/16 \
    --disable-admission-plugins ServiceAccount --enable-priority-and-fairness=false --v 0
  kubernetes_user admin "/O=system:masters/CN=admin"
  kubernetes_user limited "/O=gmsactl/CN=limited"
  kubernetes_user expired "/O=system:masters/CN=expired" -1
  service_await kubernetes with_lab_hosts env "KUBECONFIG=$(kubernetes_config admin)" kubectl get --raw /readyz
  with_lab_hosts env "KUBECONFIG=$(kubernetes_config admin)" kubectl apply -f "$here/services/gmsa-crd.yaml" \
    >>"$lab_dir/log/kubernetes.out" 2>&1 || die "the definition of GMSACredentialSpec could not be installed"
  service_await kubernetes with_lab_hosts env "KUBECONFIG=$(kubernetes_config admin)" kubectl get gmsacredentialspecs
}

kubernetes_hosts() { printf '%s kubernetes.%s\n' "$(service_address "$kubernetes_octet")" "$domain"; }

kubernetes_env() {
  local name
  for name in admin limited expired; do
    export_line "GMSACTL_LAB_KUBECONFIG_${name^^}" "$(kubernetes_config "$name")"
  done
  export_line GMSACTL_LAB_KUBERNETES_TOKEN lab-token
}
