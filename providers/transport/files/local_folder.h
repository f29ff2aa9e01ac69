// A folder of this machine. Everything is done relative to the opened folder, and a name is never followed if
// it is a symbolic link, so that what is written stays in it.
#pragma once

#include <memory>
#include <string>

#include "providers/transport/files/file_store.h"

namespace gmsactl::files {

/// Opens nothing yet: whether the folder is there shows with the first use.
std::unique_ptr<FileStore> local_folder(std::string path);

}  // namespace gmsactl::files
