// The files suite on the lab's file server.
#include "providers/transport/smb/smb_folder.h"
#include "tests/contract/files/contract.h"
#include "tests/contract/lab.h"

namespace gmsactl::contract {

Place open_place() {
  Place place;
  const std::string host = lab::variable("GMSACTL_LAB_HOSTS_SMB");
  if (host.empty()) place.skip = "the lab has no hosts: ./dev lab up hosts, then ./dev lab run -- ctest";
  place.root = lab::variable("GMSACTL_LAB_HOSTS_FOLDER") + "/HOST07";
  place.open = [host](const std::string& path) {
    smb::Options options;
    options.host = host;
    return smb::open_folder(options, path);
  };
  return place;
}

}  // namespace gmsactl::contract
