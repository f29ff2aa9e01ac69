// Keytabs and files of certificates as people have them, and what is said of each before a server is asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/base/text.h"
#include "providers/transport/ldap/kerberos_flaws.h"
#include "providers/transport/ldap/keytab.h"
#include "providers/transport/ldap/libldap_trust.h"
#include "providers/transport/ldap/small_file.h"

namespace gmsactl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string number(uint32_t value, size_t size) {
  std::string out;
  while (size-- > 0) out += static_cast<char>(value >> 8 * size & 0xFF);
  return out;
}
std::string counted(const std::string& text) { return number(static_cast<uint32_t>(text.size()), 2) + text; }
std::string key(const std::string& name, uint32_t version, uint32_t encryption) {
  const std::string body = number(1, 2) + counted("CONTOSO.COM") + counted(name) + number(1, 4) +
                           number(0, 4) + number(version & 0xFF, 1) + number(encryption, 2) +
                           counted(std::string(32, 'k')) + number(version, 4);
  return number(static_cast<uint32_t>(body.size()), 4) + body;
}
const std::string start = "\x05\x02";

TEST(Keytab, its_keys_are_read) {
  const std::string hole = number(static_cast<uint32_t>(-4), 4) + "dead";
  const auto entries = ldap::read_keytab(start + key("svc", 3, 18) + hole + key("other", 300, 23), "k");
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_THAT(*entries, ElementsAre(ldap::KeytabEntry{"svc@CONTOSO.COM", 3, 18},
                                    ldap::KeytabEntry{"other@CONTOSO.COM", 300, 23}));
  EXPECT_EQ(ldap::principal_of(*entries, "", "k").value(), "svc@CONTOSO.COM");
  EXPECT_EQ(ldap::principal_of(*entries, "svc", "k").value(), "svc");
  EXPECT_THAT(
      ldap::principal_of(*entries, "third@CONTOSO.COM", "k").error().message,
      HasSubstr("has no key of third@CONTOSO.COM; it has keys of svc@CONTOSO.COM, other@CONTOSO.COM"));
  EXPECT_THAT(ldap::principal_of(*entries, "other@CONTOSO.COM", "k").error().message,
              HasSubstr("only RC4 or DES keys"));
  EXPECT_THAT(ldap::principal_of(*entries, "svc@FABRIKAM.COM", "k").error().message,
              HasSubstr("has no key of svc@FABRIKAM.COM"));
}

/// As PowerShell's > writes it.
std::string wide(const std::string& text, bool mark) {
  std::string out = mark ? "\xFF\xFE" : "";
  for (const char c : text) out += std::string{c, '\0'};
  return out;
}

TEST(Keytab, each_flaw_is_named) {
  const std::string whole = start + key("svc", 3, 18);
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "is empty"},
      {base64_encode(whole), "is still encoded in base64"},
      {base64_encode(whole) + "\n", "is still encoded in base64"},
      {wide(base64_encode(whole), true), "is still encoded in base64, in UTF-16 or with a byte-order mark"},
      {wide(base64_encode(whole) + "\r\n", false), "is still encoded in base64, in UTF-16"},
      {"\xEF\xBB\xBF" + base64_encode(whole),
       "is still encoded in base64, in UTF-16 or with a byte-order mark"},
      {"not a keytab", "is not a keytab"},
      {whole + "\r\n", "has 2 bytes behind its last key"},
      {whole + "\n", "has 1 byte behind its last key"},
      {whole + key("svc", 4, 18).substr(0, 12), "is cut off"},
      {start, "holds no key"},
      {whole.substr(0, whole.size() - 5), "is cut off"},
      {whole.substr(0, 4), "is cut off"},
      {start + number(3, 4) + "abc", "is damaged"},
  };
  for (const auto& [bytes, flaw] : table) {
    const auto entries = ldap::read_keytab(bytes, "/run/k");
    ASSERT_FALSE(entries) << flaw;
    EXPECT_EQ(entries.error().kind, ErrorKind::unauthenticated);
    EXPECT_THAT(entries.error().message, HasSubstr("the keytab /run/k " + flaw));
    EXPECT_FALSE(entries.error().hint.empty());
  }
  EXPECT_THAT(ldap::check_keytab("FILE:/none/k", "").error().message, HasSubstr("/none/k does not exist"));
  EXPECT_THAT(ldap::check_keytab("/tmp", "").error().message, HasSubstr("is a directory"));
}

TEST(SmallFile, whatever_a_path_leads_to_is_read_in_bounds_or_named) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("small-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const auto flaw = [](const std::string& path, bool pipes = false) {
    ldap::SmallFileOptions options;
    options.most_bytes = 1000;
    options.pipes = pipes;
    options.patience = std::chrono::milliseconds(200);
    const auto file = ldap::read_small_file(path, options);
    return file ? "" : file.error().message;
  };
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(flaw(pipe), HasSubstr("is a pipe"));
  EXPECT_THAT(flaw(pipe, true), HasSubstr("gives no end of file"));
  EXPECT_THAT(flaw("/dev/zero"), HasSubstr("is larger than 1000 bytes"));
  EXPECT_EQ(flaw("/dev/null"), "");
  EXPECT_EQ(flaw(folder / "none"), "does not exist");
  EXPECT_EQ(flaw(pipe + "/below"), "does not exist");
  EXPECT_EQ(flaw(folder), "is a directory");
  std::filesystem::create_symlink(folder / "loop", folder / "loop");
  EXPECT_THAT(flaw(folder / "loop"), HasSubstr("cannot be read: "));
  // What a shell's <(command) is.
  std::thread writer([&] { std::ofstream(pipe) << "secret"; });
  ldap::SmallFileOptions options;
  options.pipes = true;
  const auto read = ldap::read_small_file(pipe, options);
  writer.join();
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->bytes, "secret");
  std::filesystem::remove_all(folder);
}

TEST(CachePath, what_cannot_be_a_ticket_cache_is_named_before_libkrb5_opens_it) {
  const std::string pipe = testing::TempDir() + "cache-pipe-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(ldap::cache_path_flaw("FILE:" + pipe)->message, HasSubstr("is a pipe or a device"));
  std::filesystem::remove(pipe);
  EXPECT_THAT(ldap::cache_path_flaw("FILE:/tmp")->message, HasSubstr("FILE:/tmp is a directory"));
  EXPECT_THAT(ldap::cache_path_flaw("FILE:/tmp")->hint, HasSubstr("KRB5CCNAME=DIR:/tmp"));
  EXPECT_THAT(ldap::cache_path_flaw("FILE:")->message, HasSubstr("names no file"));
  for (const auto* fine : {"FILE:/none/cache", "DIR:/tmp", "KCM:", "MEMORY:x"})
    EXPECT_FALSE(ldap::cache_path_flaw(fine)) << fine;
}

class CaFile : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new std::filesystem::path(std::filesystem::path(testing::TempDir()) /
                                        ("ca-" + std::to_string(getpid())));
    std::filesystem::create_directories(*folder_);
    ASSERT_EQ(
        std::system(
            ("cd '" + folder_->string() +
             "' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
             "'/CN=test CA' -keyout key.pem -out ca.pem 2>/dev/null && openssl x509 -in ca.pem -outform der "
             "-out ca.der && openssl crl2pkcs7 -nocrl -certfile ca.pem -out ca.p7b && openssl crl2pkcs7 "
             "-nocrl -certfile ca.pem -outform der -out ca.p7c && openssl pkcs12 -export -in ca.pem -inkey "
             "key.pem -passout pass:x -out ca.pfx && openssl x509 -in ca.pem -trustout -out ca.trusted")
                .c_str()),
        0);
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*folder_);
    delete folder_;
  }
  static std::string bytes(const std::string& name) {
    std::ifstream file(*folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  /// By the older name of the same.
  static std::string renamed(std::string pem) {
    for (const std::string name : {"BEGIN ", "END "}) pem.insert(pem.find(name) + name.size(), "X509 ");
    return pem;
  }
  static inline std::filesystem::path* folder_ = nullptr;
};

TEST_F(CaFile, pem_is_taken_with_marks_line_ends_and_text_around_it) {
  const auto pem = bytes("ca.pem");
  std::string crlf;
  for (const char c : pem) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  for (const auto& each : {pem, "\xEF\xBB\xBF" + pem, crlf, "subject=test\n" + pem + pem,
                           pem + "trailing junk", renamed(pem), bytes("key.pem") + pem}) {
    const auto checked = ldap::check_ca_bytes(each, "ca", std::time(nullptr));
    EXPECT_TRUE(checked) << checked.error().message;
  }
}

TEST_F(CaFile, each_flaw_is_named_with_the_command_that_cures_it) {
  const auto pem = bytes("ca.pem");
  std::string escaped;
  for (const char c : pem) escaped += c == '\n' ? "\\n" : std::string(1, c);
  std::string big_endian;
  for (const char c : pem) big_endian += std::string{'\0', c};
  const std::vector<std::tuple<std::string, std::string, std::string>> table{
      {"", "is empty", ""},
      {"hello\n", "holds no certificate", ""},
      {bytes("ca.der"), "is a certificate in DER form", "openssl x509 -inform der -in ca -out ca.pem"},
      {bytes("ca.p7b"), "is PKCS#7", "openssl pkcs7 -print_certs -in ca -out ca.pem"},
      {bytes("ca.p7c"), "is PKCS#7 in DER form", "openssl pkcs7 -inform der -print_certs -in ca -out ca.pem"},
      {bytes("ca.pfx"), "is PKCS#12", "openssl pkcs12 -cacerts -nokeys -in ca -out ca.pem"},
      {bytes("ca.trusted"), "in OpenSSL's own trusted form", "openssl x509 -in ca -out ca.pem"},
      {bytes("key.pem"), "holds a private key and no certificate", ""},
      {wide(pem, true), "is UTF-16 text", "iconv -f UTF-16 -t UTF-8 ca >ca.pem"},
      {wide(pem, false), "is UTF-16 text", "iconv -f UTF-16LE -t UTF-8 ca >ca.pem"},
      {big_endian, "is UTF-16 text", "iconv -f UTF-16BE -t UTF-8 ca >ca.pem"},
      {bytes("ca.der") + "junk\n", "is a certificate in DER form",
       "openssl x509 -inform der -in ca -out ca.pem"},
      {"\xEF\xBB\xBF" + base64_encode(bytes("ca.der")), "in base64 without its BEGIN and END lines",
       "tail -c +4 ca | base64 -d | openssl x509 -inform der"},
      {pem + pem.substr(0, pem.size() / 2), "holds 2 certificates, of which number 2 cannot be decoded", ""},
      {pem.substr(0, pem.size() / 2) + pem, "holds 2 certificates, of which number 1 cannot be decoded", ""},
      {escaped, "has \\n in place of line ends", "printf '%b' \"$(cat ca)\" >ca.pem"},
      {"-----BEGIN X509 CRL-----\n", "is a revocation list", ""},
      {base64_encode(bytes("ca.der")), "in base64 without its BEGIN and END lines",
       "base64 -d ca | openssl x509 -inform der"},
      {base64_encode(pem), "is still encoded in base64", "base64 -d ca >ca.pem"},
      {pem.substr(0, pem.size() / 2), "holds a certificate that cannot be decoded", ""},
      {"-----BEGIN CERTIFICATE REQUEST-----\n", "is a certificate request", ""},
  };
  for (const auto& [contents, flaw, command] : table) {
    const auto checked = ldap::check_ca_bytes(contents, "ca", std::time(nullptr));
    ASSERT_FALSE(checked) << flaw;
    EXPECT_EQ(checked.error().kind, ErrorKind::unauthenticated);
    EXPECT_THAT(checked.error().message, HasSubstr(flaw));
    EXPECT_THAT(checked.error().hint, HasSubstr(command));
    EXPECT_THAT(checked.error().hint, HasSubstr("directory.tls.caFile needs the PEM certificate"));
  }
  EXPECT_THAT(ldap::check_ca_bytes(pem, "ca", std::time(nullptr) + 10 * 86400).error().message,
              HasSubstr("holds a certificate that expired on "));
  EXPECT_THAT(ldap::check_ca_file("/none/ca.pem", 0).error().message,
              HasSubstr("/none/ca.pem does not exist"));
  EXPECT_THAT(ldap::check_ca_file("/tmp", 0).error().message, HasSubstr("is a directory"));
}

}  // namespace
}  // namespace gmsactl
