# Findcares: c-ares as c-ares::cares, from its own CMake config where it was built with CMake, else from pkg-config (Debian's
# package has no CMake config).
include(FindPackageHandleStandardArgs)

find_package(c-ares CONFIG QUIET)
if(TARGET c-ares::cares)
  set(cares_ORIGIN "CMake config ${c-ares_DIR}")
  set(cares_VERSION "${c-ares_VERSION}")
else()
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(CARES_PC QUIET IMPORTED_TARGET libcares)
    if(CARES_PC_FOUND)
      add_library(c-ares::cares INTERFACE IMPORTED)
      target_link_libraries(c-ares::cares INTERFACE PkgConfig::CARES_PC)
      set(cares_ORIGIN "pkg-config libcares")
      set(cares_VERSION "${CARES_PC_VERSION}")
    endif()
  endif()
endif()

find_package_handle_standard_args(
  cares
  REQUIRED_VARS cares_ORIGIN
  VERSION_VAR cares_VERSION
  REASON_FAILURE_MESSAGE "c-ares is not installed. On Debian: apt-get install libc-ares-dev pkg-config")
