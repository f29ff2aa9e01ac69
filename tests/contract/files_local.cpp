// The files suite on a folder of this machine.
#include "providers/transport/files/local_folder.h"
#include "tests/contract/files/contract.h"

namespace gmsactl::contract {

Place open_place() {
  Place place;
  place.root = std::filesystem::temp_directory_path();
  place.path = place.root.string();
  place.open = [](const std::string& path) -> Result<std::unique_ptr<files::FileStore>> {
    return files::local_folder(path);
  };
  return place;
}

}  // namespace gmsactl::contract
