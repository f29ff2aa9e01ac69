#include "providers/transport/sftp/posix_rename.h"

#include <array>
#include <cstdint>
#include <string>

namespace gmsactl::sftp {

namespace {

constexpr const char* extension = "posix-rename@openssh.com";
constexpr uint32_t request = 0x676d7361;  // any number will do, since no other request waits for its answer
constexpr size_t longest_answer = 65536;

void add(std::string& packet, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) packet += static_cast<char>(number >> shift & 0xff);
}
void add(std::string& packet, std::string_view text) {
  add(packet, static_cast<uint32_t>(text.size()));
  packet += text;
}

uint32_t number_at(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(at, 4)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

/// `size` bytes, or fewer where no more come.
std::string read(ssh_channel channel, size_t size, std::chrono::milliseconds timeout) {
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const int got = ssh_channel_read_timeout(channel, bytes.data() + done, static_cast<uint32_t>(size - done),
                                             0, static_cast<int>(timeout.count()));
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

bool has_posix_rename(sftp_session sftp) { return sftp_extension_supported(sftp, extension, "1") != 0; }

int status_of(std::string_view answer, uint32_t id) {
  if (answer.size() < 9 || answer[0] != SSH_FXP_STATUS || number_at(answer, 1) != id)
    return SSH_FX_BAD_MESSAGE;
  return static_cast<int>(number_at(answer, 5));
}

int posix_rename(ssh_channel channel, std::string_view from, std::string_view to,
                 std::chrono::milliseconds timeout) {
  std::string body(1, static_cast<char>(SSH_FXP_EXTENDED));
  add(body, request);
  add(body, std::string_view(extension));
  add(body, from);
  add(body, to);
  std::string packet;
  add(packet, body);
  if (ssh_channel_write(channel, packet.data(), static_cast<uint32_t>(packet.size())) !=
      static_cast<int>(packet.size()))
    return SSH_FX_CONNECTION_LOST;
  const std::string length = read(channel, 4, timeout);
  if (length.size() != 4 || number_at(length, 0) > longest_answer) return SSH_FX_CONNECTION_LOST;
  const std::string answer = read(channel, number_at(length, 0), timeout);
  const int status = status_of(answer, request);
  return status == SSH_FX_BAD_MESSAGE ? SSH_FX_CONNECTION_LOST : status;
}

}  // namespace gmsactl::sftp
