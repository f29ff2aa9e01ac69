#include "providers/transport/ldap/libldap_trust.h"

#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/base/text.h"
#include "providers/transport/ldap/small_file.h"

namespace gmsactl::ldap {
namespace {

constexpr std::string_view pem_certificate = "-----BEGIN CERTIFICATE-----";
/// An older name of the same, which GnuTLS takes too.
constexpr std::string_view pem_x509_certificate = "-----BEGIN X509 CERTIFICATE-----";
constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

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

/// The first element of DER, without what may follow it; all of it where it is none.
std::string_view first_element(std::string_view bytes) {
  if (bytes.size() < 4 || bytes[0] != '\x30') return bytes;
  const auto at = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(bytes[i])); };
  size_t size = 2 + at(1);
  if (at(1) == 0x81) size = 3 + at(2);
  if (at(1) == 0x82) size = 4 + (at(2) << 8 | at(3));
  return bytes.substr(0, size);
}

/// Text of Windows' tools, with its mark or without.
bool is_utf16(std::string_view bytes) {
  using namespace std::string_view_literals;
  return bytes.starts_with("\xFF\xFE"sv) || bytes.starts_with("\xFE\xFF"sv) ||
         bytes.find("-\0-\0-\0-\0-\0B\0E\0G\0"sv) != std::string_view::npos ||
         bytes.find("\0-\0-\0-\0-\0-\0B\0E\0G"sv) != std::string_view::npos;
}

/// Such that iconv takes it with no mark at its beginning too.
std::string_view encoding_of(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return "UTF-16";
  return bytes.starts_with('\0') ? "UTF-16BE" : "UTF-16LE";
}

bool holds_pem(std::string_view bytes) {
  return bytes.find(pem_certificate) != std::string_view::npos ||
         bytes.find(pem_x509_certificate) != std::string_view::npos;
}

struct Flaw {
  std::string is;       ///< "is a certificate in DER form"
  std::string command;  ///< converts FILE to ca.pem
};

/// What a file without a PEM certificate is in its place.
Flaw flaw_of(std::string_view bytes, const std::string& path) {
  const auto has = [&](std::string_view text) { return bytes.find(text) != std::string_view::npos; };
  if (bytes.empty()) return {"is empty", ""};
  if (is_utf16(bytes))
    return {"is UTF-16 text",
            "iconv -f " + std::string(encoding_of(bytes)) + " -t UTF-8 " + path + " >ca.pem"};
  if (is_der_certificate(first_element(bytes)))
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
  if (has("-----BEGIN X509 CRL-----")) return {"is a revocation list, not a certificate", ""};
  if (has("CERTIFICATE REQUEST-----")) return {"is a certificate request, not a certificate", ""};
  if (has("PRIVATE KEY-----")) return {"holds a private key and no certificate", ""};
  if (has("PUBLIC KEY-----")) return {"holds a public key and no certificate", ""};
  const bool marked = bytes.starts_with(utf8_mark);
  const std::string decode = marked ? "tail -c +4 " + path + " | base64 -d" : "base64 -d " + path;
  std::string decoded;
  if (!base64_decode(marked ? bytes.substr(utf8_mark.size()) : bytes, decoded)) decoded.clear();
  if (is_der_certificate(decoded))
    return {"is a certificate in base64 without its BEGIN and END lines",
            decode + " | openssl x509 -inform der -out ca.pem"};
  if (holds_pem(decoded)) return {"is still encoded in base64", decode + " >ca.pem"};
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

int decode(std::string_view bytes, Certificates& into) {
  const auto data = datum(bytes);
  return gnutls_x509_crt_list_import2(&into.list, &into.count, &data, GNUTLS_X509_FMT_PEM, 0);
}

/// Of a file in which not every certificate can be decoded.
Flaw undecodable(std::string_view bytes, const std::string& path, int code) {
  if (bytes.find("CERTIFICATE-----\\n") != std::string_view::npos)
    return {R"(has \n in place of line ends)", "printf '%b' \"$(cat " + path + ")\" >ca.pem"};
  std::vector<size_t> starts;
  for (const auto marker : {pem_certificate, pem_x509_certificate})
    for (size_t at = bytes.find(marker); at != std::string_view::npos; at = bytes.find(marker, at + 1))
      starts.push_back(at);
  std::ranges::sort(starts);
  std::string which = "a certificate";
  for (size_t i = 0; starts.size() > 1 && i < starts.size(); ++i) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : bytes.size();
    Certificates one;
    code = decode(bytes.substr(starts[i], end - starts[i]), one);
    if (code >= 0) continue;
    which = std::to_string(starts.size()) + " certificates, of which number " + std::to_string(i + 1);
    break;
  }
  return {"holds " + which + (starts.size() > 1 ? "" : " that") + " cannot be decoded (" +
              gnutls_strerror(code) + "); it may be cut off",
          ""};
}

}  // namespace

Result<void> check_ca_bytes(std::string_view bytes, const std::string& path, time_t now) {
  if (!holds_pem(bytes)) return refuse(path, flaw_of(bytes, path));
  Certificates found;
  if (const int code = decode(bytes, found); code < 0) return refuse(path, undecodable(bytes, path, code));
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
  // libldap opens it again.
  SmallFileOptions options;
  options.most_bytes = 16 << 20;
  const auto file = read_small_file(path, options);
  if (!file) return refuse(path, {file.error().message, ""});
  return check_ca_bytes(file->bytes, path, now);
}

}  // namespace gmsactl::ldap
