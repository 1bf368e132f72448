with
    households as (
        select
            family_id,
            snapshot_date,
            household_members as members,
            cast(household_members - household_children as smallint) as adults,
            household_children as children,
            household_type,
            municipality_code,
            household_members > stated_members as has_other_families,
            cast(stated_members as double) / household_members as household_share
        from {{ ref("families") }}
        where household_members > 0
    )

select *
from households
