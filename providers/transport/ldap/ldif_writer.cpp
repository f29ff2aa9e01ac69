#include "providers/transport/ldap/ldif_writer.h"

#include <algorithm>

#include "engine/base/text.h"
#include "providers/transport/ldap/ldif_directory.h"

namespace gmsactl::ldap::ldif {

namespace {

constexpr size_t columns = 76;

/// RFC 2849's SAFE-STRING, and no space at the end, which people and editors lose.
bool safe(std::string_view value) {
  if (value.empty()) return true;
  if (value.front() == ' ' || value.front() == ':' || value.front() == '<' || value.back() == ' ')
    return false;
  return std::none_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F;
  });
}

/// What follows from the DN or the class, and so need not be in the file.
bool implied(const Value& value) {
  return value.derived && (value.id == attribute::name || value.id == attribute::distinguished_name ||
                           value.id == attribute::object_category);
}

/// A GUID or SID made up when the file was read: written down with the first save, so that it stays when
/// records before it go.
bool made_up_identity(const Value& value) {
  return value.derived && (value.id == attribute::object_guid || value.id == attribute::object_sid);
}

}  // namespace

void append_line(std::string& out, std::string_view name, std::string_view value, std::string_view line_end) {
  std::string line(name);
  if (safe(value))
    line.append(": ").append(value);
  else
    line.append(":: ").append(base64_encode(value));
  std::string_view rest = line;
  out += rest.substr(0, columns);
  rest.remove_prefix(std::min(columns, rest.size()));
  while (!rest.empty()) {
    out.append(line_end).append(" ").append(rest.substr(0, columns - 1));
    rest.remove_prefix(std::min(columns - 1, rest.size()));
  }
  out += line_end;
}

std::string Directory::text() {
  const std::string_view line_end = file_.find("\r\n") < file_.find('\n') ? "\r\n" : "\n";
  std::string out;
  out.reserve(file_.size() + file_.size() / 8);
  const auto write = [&](const Object& object) {
    append_line(out, "dn", object.dn, line_end);
    for (const Value& value : object.values)
      if (!implied(value)) append_line(out, attributes_[value.id].name, value.text, line_end);
  };
  const auto copy = [&](const Object& object) {
    out.append(object.preface).append(object.source);
    if (!out.ends_with('\n')) out += line_end;
  };
  bool first = true;  // the comments at the top stay although the first record goes
  for (ObjectId id = 0; id < size(); ++id) {
    const Object& object = objects_[id];
    if (id == root_dse_before_ && !root_dse_.source.empty()) {
      copy(root_dse_);
      first = false;
    }
    if (object.source.empty()) continue;
    if (object.deleted) {
      if (first) out += object.preface;
    } else if (object.changed) {
      out += object.preface;
      write(object);
    } else {
      copy(object);
      for (const Value& value : object.values)
        if (made_up_identity(value)) append_line(out, attributes_[value.id].name, value.text, line_end);
    }
    first = false;
  }
  if (!trim(trailer_).empty()) out += trailer_;
  if (!out.empty() && !out.ends_with('\n')) out += line_end;
  for (const Object& object : objects_) {
    if (!object.source.empty() || !object.changed || object.deleted) continue;
    if (!out.empty()) out += line_end;
    write(object);
  }
  return out;
}

}  // namespace gmsactl::ldap::ldif
