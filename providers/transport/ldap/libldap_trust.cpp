#include "providers/transport/ldap/libldap_trust.h"

#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "engine/base/text.h"

namespace gmsactl::ldap {
namespace {

constexpr std::string_view pem_certificate = "-----BEGIN CERTIFICATE-----";

gnutls_datum_t datum(std::string_view bytes) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())),
          static_cast<unsigned>(bytes.size())};
}

bool is_der_certificate(std::string_view bytes) {
  gnutls_x509_crt_t certificate = nullptr;
  if (gnutls_x509_crt_init(&certificate) != 0) return false;
  const auto data = datum(bytes);
  const bool is = gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_DER) == 0;
  gnutls_x509_crt_deinit(certificate);
  return is;
}

bool is_der_pkcs7(std::string_view bytes) {
  gnutls_pkcs7_t message = nullptr;
  if (gnutls_pkcs7_init(&message) != 0) return false;
  const auto data = datum(bytes);
  const bool is = gnutls_pkcs7_import(message, &data, GNUTLS_X509_FMT_DER) == 0;
  gnutls_pkcs7_deinit(message);
  return is;
}

bool is_der_pkcs12(std::string_view bytes) {
  gnutls_pkcs12_t message = nullptr;
  if (gnutls_pkcs12_init(&message) != 0) return false;
  const auto data = datum(bytes);
  const bool is = gnutls_pkcs12_import(message, &data, GNUTLS_X509_FMT_DER, 0) == 0;
  gnutls_pkcs12_deinit(message);
  return is;
}

struct Flaw {
  std::string is;       ///< "is a certificate in DER form"
  std::string command;  ///< converts FILE to ca.pem
};

/// What a file without a PEM certificate is in its place.
Flaw flaw_of(std::string_view bytes, const std::string& path) {
  const auto has = [&](std::string_view text) { return bytes.find(text) != std::string_view::npos; };
  if (bytes.empty()) return {"is empty", ""};
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    return {"is UTF-16 text", "iconv -f UTF-16 -t UTF-8 " + path + " >ca.pem"};
  if (is_der_certificate(bytes))
    return {"is a certificate in DER form", "openssl x509 -inform der -in " + path + " -out ca.pem"};
  if (is_der_pkcs7(bytes))
    return {"is PKCS#7 in DER form", "openssl pkcs7 -inform der -print_certs -in " + path + " -out ca.pem"};
  if (is_der_pkcs12(bytes))
    return {"is PKCS#12, which also carries a private key",
            "openssl pkcs12 -cacerts -nokeys -in " + path + " -out ca.pem"};
  if (has("-----BEGIN PKCS7-----") || has("-----BEGIN CMS-----"))
    return {"is PKCS#7", "openssl pkcs7 -print_certs -in " + path + " -out ca.pem"};
  if (has("-----BEGIN TRUSTED CERTIFICATE-----"))
    return {"is a certificate in OpenSSL's own trusted form", "openssl x509 -in " + path + " -out ca.pem"};
  if (has("CERTIFICATE REQUEST-----")) return {"is a certificate request, not a certificate", ""};
  if (has("PRIVATE KEY-----")) return {"holds a private key and no certificate", ""};
  if (has("PUBLIC KEY-----")) return {"holds a public key and no certificate", ""};
  std::string decoded;
  if (base64_decode(bytes, decoded) && is_der_certificate(decoded))
    return {"is a certificate in base64 without its BEGIN and END lines",
            "base64 -d " + path + " | openssl x509 -inform der -out ca.pem"};
  if (base64_decode(bytes, decoded) && decoded.find(pem_certificate) != std::string::npos)
    return {"is still encoded in base64", "base64 -d " + path + " >ca.pem"};
  return {"holds no certificate", ""};
}

tl::unexpected<Error> refuse(const std::string& path, const Flaw& flaw) {
  const std::string wanted =
      "directory.tls.caFile needs the PEM certificate of the authority that issued the "
      "domain controllers' certificates";
  return fail(ErrorKind::unauthenticated, printable(path) + " " + flaw.is,
              flaw.command.empty() ? wanted + "." : wanted + ". Convert it: " + printable(flaw.command));
}

std::string date(time_t seconds) {
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

struct Certificates {
  gnutls_x509_crt_t* list = nullptr;
  unsigned count = 0;
  Certificates() = default;
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  ~Certificates() {
    for (unsigned i = 0; i < count; ++i) gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
  }
};

}  // namespace

Result<void> check_ca_bytes(std::string_view bytes, const std::string& path, time_t now) {
  if (bytes.find(pem_certificate) == std::string_view::npos) return refuse(path, flaw_of(bytes, path));
  Certificates found;
  const auto data = datum(bytes);
  if (const int code = gnutls_x509_crt_list_import2(&found.list, &found.count, &data, GNUTLS_X509_FMT_PEM, 0);
      code < 0)
    return refuse(path, {std::string("holds a certificate that cannot be decoded (") + gnutls_strerror(code) +
                             "); it may be cut off",
                         ""});
  time_t latest = 0;
  for (unsigned i = 0; i < found.count; ++i)
    latest = std::max(latest, gnutls_x509_crt_get_expiration_time(found.list[i]));
  // Among many, those that are over harm nobody.
  if (latest < now)
    return refuse(
        path, {found.count == 1 ? "holds a certificate that expired on " + date(latest)
                                : "holds only certificates that have expired, the last on " + date(latest),
               ""});
  return {};
}

Result<void> check_ca_file(const std::string& path, time_t now) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto type = fs::status(path, error).type();
  if (type == fs::file_type::not_found) return refuse(path, {"does not exist", ""});
  if (type == fs::file_type::directory) return refuse(path, {"is a directory, not a file", ""});
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse(path, {"cannot be read: " + std::system_category().message(errno), ""});
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return refuse(path, {"cannot be read", ""});
  return check_ca_bytes(bytes, path, now);
}

}  // namespace gmsactl::ldap
