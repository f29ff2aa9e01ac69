#include "providers/transport/http/http.h"

#include <curl/curl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>
#include <ctime>
#include <mutex>

#include "engine/base/text.h"

namespace gmsactl::http {

namespace {

constexpr size_t longest_body = size_t{64} << 20;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

size_t take_body(char* data, size_t size, size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > longest_body) return 0;  // ends the transfer with an error
  body.append(data, size * count);
  return size * count;
}

/// Nothing of the request can have reached the server.
bool before_sending(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
         code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_SSL_CONNECT_ERROR ||
         code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_CACERT_BADFILE;
}

struct FreeCertificate {
  void operator()(gnutls_x509_crt_t certificate) const { gnutls_x509_crt_deinit(certificate); }
};

/// When the certificate in the file ended, if it has. A server that refuses one tells so by an alert after
/// the handshake (RFC 8446 §4.4.2.4), which the client may never get to read.
std::string read_expiry(const std::string& file) {
  gnutls_datum_t text{nullptr, 0};
  if (gnutls_load_file(file.c_str(), &text) != GNUTLS_E_SUCCESS) return {};
  const std::unique_ptr<unsigned char, decltype(gnutls_free)> owned(text.data, gnutls_free);
  gnutls_x509_crt_t made = nullptr;
  if (gnutls_x509_crt_init(&made) != GNUTLS_E_SUCCESS) return {};
  const std::unique_ptr<gnutls_x509_crt_int, FreeCertificate> certificate(made);
  if (gnutls_x509_crt_import(made, &text, GNUTLS_X509_FMT_PEM) != GNUTLS_E_SUCCESS) return {};
  const std::time_t end = gnutls_x509_crt_get_expiration_time(made);
  if (end == static_cast<std::time_t>(-1) || end > std::time(nullptr)) return {};
  std::tm parts{};
  gmtime_r(&end, &parts);
  std::array<char, 32> day{};
  return {day.data(), std::strftime(day.data(), day.size(), "%Y-%m-%d", &parts)};
}

Error error_of(CURLcode code, const std::string& details, const Endpoint& endpoint) {
  const std::string place = endpoint.place();
  // A server that refuses a certificate tells so by an alert after the handshake (RFC 8446 §4.4.2.4), which
  // the client may never get to read.
  if (const std::string day = expired_on(endpoint.cert_file); !day.empty())
    return {ErrorKind::unauthenticated,
            "the client certificate " +
                (endpoint.cert_file.starts_with("/proc/") ? "" : endpoint.cert_file + " ") + "for " + place +
                " expired on " + day,
            "Get a new one from whoever runs the engine",
            {}};
  std::string why = printable(details.empty() ? curl_easy_strerror(code) : details);
  Error error{ErrorKind::unavailable, place + " can't be reached: " + why, {}, {}};
  error.not_sent = before_sending(code);
  const std::string folded = fold(why);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      error.kind = ErrorKind::timeout;
      error.message = place + " did not answer in " + std::to_string(endpoint.timeout.count()) + " ms";
      error.hint = "Try again, or with a longer --timeout";
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      error.kind = ErrorKind::unauthenticated;
      error.message = "the certificate of " + place + " is refused: " + why;
      error.hint = "Name the authority that signed it as caFile; the certificate must be of the host's name";
      break;
    case CURLE_SSL_CERTPROBLEM:
      error.kind = ErrorKind::unauthenticated;
      error.message = "the client certificate for " + place + " can't be used: " + why;
      error.hint = "Check certFile and keyFile";
      break;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
      error.hint = "Check that it runs, and that this user may use it";
      break;
    default:
      // The server refuses a certificate by an alert, which may come with the first read only.
      if (folded.find("alert") != std::string::npos || folded.find("certificate") != std::string::npos) {
        error.kind = ErrorKind::unauthenticated;
        error.message = place + " refuses the client certificate: " + why;
        error.hint = "It may have expired, or be signed by another authority than the server trusts";
      }
  }
  return error;
}

/// The URL as if the server had the name that its certificate has, and where that is to connect to in truth.
struct Redirected {
  std::string url;
  HeaderList connect_to;
};
Redirected redirect(const std::string& url, const std::string& name) {
  struct FreeUrl {
    void operator()(CURLU* parts) const { curl_url_cleanup(parts); }
  };
  Redirected result{url, nullptr};
  if (name.empty()) return result;
  const std::unique_ptr<CURLU, FreeUrl> parts(curl_url());
  const auto part = [&](CURLUPart which, unsigned flags) {
    char* text = nullptr;
    if (curl_url_get(parts.get(), which, &text, flags) != CURLUE_OK) return std::string();
    std::string copy = text;
    curl_free(text);
    return copy;
  };
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return result;
  const std::string host = part(CURLUPART_HOST, 0);
  const std::string port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (curl_url_set(parts.get(), CURLUPART_HOST, name.c_str(), 0) != CURLUE_OK) return result;
  result.url = part(CURLUPART_URL, 0);
  result.connect_to.reset(curl_slist_append(nullptr, (name + ":" + port + ":" + host + ":" + port).c_str()));
  return result;
}

void start_library() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

}  // namespace

std::string Endpoint::place() const {
  return unix_socket.empty() ? without_credentials(base_url) : unix_socket;
}

/// Handles that are not in use, each with its open connection.
class Client::Handles {
 public:
  Handle take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        Handle handle = std::move(free_.back());
        free_.pop_back();
        curl_easy_reset(handle.get());
        return handle;
      }
    }
    return Handle(curl_easy_init());
  }
  void give_back(Handle handle) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  std::vector<Handle> free_;
};

Client::Client(Endpoint endpoint) : endpoint_(std::move(endpoint)), handles_(std::make_unique<Handles>()) {
  start_library();
}
Client::~Client() = default;

Result<Response> Client::send(const Request& request) {
  Handle handle = handles_->take();
  if (!handle) return fail(ErrorKind::internal, "libcurl gives no handle");
  CURL* curl = handle.get();
  std::array<char, CURL_ERROR_SIZE> details{};
  Response response;
  const std::string url = endpoint_.base_url + request.path;
  HeaderList headers;
  const auto add_header = [&](const std::string& line) {
    if (curl_slist* longer = curl_slist_append(headers.get(), line.c_str())) {
      (void)headers.release();
      headers.reset(longer);
    }
  };
  add_header("Accept: application/json");
  add_header("Expect:");
  if (!request.content_type.empty()) add_header("Content-Type: " + request.content_type);
  for (const auto& line : request.headers) add_header(line);

  std::string authorization =
      endpoint_.bearer_token.empty() ? "" : "Authorization: Bearer " + endpoint_.bearer_token.expose();
  if (!authorization.empty()) add_header(authorization);
  for (volatile char& c : authorization) c = '\0';
  const Redirected redirected = redirect(url, endpoint_.tls_server_name);
  if (redirected.connect_to) curl_easy_setopt(curl, CURLOPT_CONNECT_TO, redirected.connect_to.get());
  if (!endpoint_.verify) {
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(curl, CURLOPT_URL, redirected.url.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, details.data());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(endpoint_.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!endpoint_.unix_socket.empty()) {
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, endpoint_.unix_socket.c_str());
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // the environment's proxy is for hosts
  }
  if (!endpoint_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, endpoint_.ca_file.c_str());
  if (!endpoint_.cert_file.empty()) curl_easy_setopt(curl, CURLOPT_SSLCERT, endpoint_.cert_file.c_str());
  if (!endpoint_.key_file.empty()) curl_easy_setopt(curl, CURLOPT_SSLKEY, endpoint_.key_file.c_str());
  if (!request.body.empty() || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return fail(error_of(code, details.data(), endpoint_));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  handles_->give_back(std::move(handle));
  return response;
}

std::string expired_on(const std::string& file) { return file.empty() ? std::string() : read_expiry(file); }

std::string encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                       c == '_' || c == '~';
    if (plain)
      encoded += c;
    else
      encoded += "%" + hex({&c, 1});
  }
  return encoded;
}

}  // namespace gmsactl::http
