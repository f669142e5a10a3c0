# FindIdn2: libidn2 as Idn2::idn2, from pkg-config. Optional: docs/dependencies.md.
include(FindPackageHandleStandardArgs)

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(IDN2_PC QUIET IMPORTED_TARGET libidn2)
  if(IDN2_PC_FOUND AND NOT TARGET Idn2::idn2)
    add_library(Idn2::idn2 INTERFACE IMPORTED)
    target_link_libraries(Idn2::idn2 INTERFACE PkgConfig::IDN2_PC)
  endif()
endif()

find_package_handle_standard_args(Idn2 REQUIRED_VARS IDN2_PC_LINK_LIBRARIES VERSION_VAR IDN2_PC_VERSION)
